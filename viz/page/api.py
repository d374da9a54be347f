"""The API: the only functions of the page that are offered to programs."""

import gradio as gr

from .. import endpoints
from ..settings import DEVICE
from .refusal import said

__all__ = ["add_endpoints"]


def add_endpoints() -> None:
    """Offers the endpoints; what samples or scores waits in the lane of the device."""
    gr.api(said(endpoints.distill), api_name="distill", **DEVICE)
    gr.api(said(endpoints.score), api_name="score", **DEVICE)
    gr.api(endpoints.datasets, api_name="datasets")
    gr.api(endpoints.methods, api_name="methods")
