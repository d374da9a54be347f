# The page on port 7860, on a CPU by default:
#
#     docker build -t distiller . && docker run --rm -p 7860:7860 distiller
#
# On Linux the registry's torch brings CUDA along. For an image without it, name an index of CPU
# builds: --build-arg PIP_EXTRA_INDEX_URL=...
FROM python:3.11-slim

ARG PIP_EXTRA_INDEX_URL=""
RUN useradd --create-home --uid 1000 user
USER user
WORKDIR /home/user/app
ENV PATH=/home/user/.local/bin:$PATH \
    GRADIO_SERVER_NAME=0.0.0.0 \
    GRADIO_SERVER_PORT=7860 \
    GRADIO_TEMP_DIR=/tmp/gradio \
    HF_HOME=/tmp/huggingface \
    NUMBA_CACHE_DIR=/tmp/numba \
    PYTHONUNBUFFERED=1

COPY --chown=user requirements.txt .
RUN pip install --user --no-cache-dir -r requirements.txt
COPY --chown=user . .
# Renders the data set now rather than at the first visit.
RUN python -c "from distiller import load; load('solids')"

EXPOSE 7860
CMD ["python", "app.py"]
