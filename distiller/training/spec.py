"""The hyperparameters of priors: those of the shipped ones, and what a new one has."""

from dataclasses import dataclass

__all__ = ["PRESETS", "PriorSpec"]


@dataclass(frozen=True)
class PriorSpec:
    """The hyperparameters of a prior."""

    channels: tuple[int, ...] = (32, 64, 96)  # of the autoencoder, from full size down
    latent_channels: int = 4
    autoencoder_steps: int = 2500
    autoencoder_batch: int = 32
    autoencoder_lr: float = 1.5e-3
    latent_noise: float = 0.05  # standard deviation of the posterior, before whitening
    decoder_steps: int = 0  # of the decoder alone, behind the encoder that then stays
    decoder_batch: int = 0  # images in each of these steps; 0: those of the autoencoder's
    perceptual: float = 0.0  # the weight of a distance in the judge's features in these steps
    width: int = 256
    depth: int = 8
    heads: int = 4
    patch: int = 2
    steps: int = 4000
    batch: int = 128
    lr: float = 3e-3
    muon: bool = True  # for the matrices; it pays where they are large
    warmup: int = 200
    decay: float = 0.3  # the last part of the steps, in which the rate falls to zero
    snr: float = 0.0  # where the weight of a time's signal-to-noise ratio is capped; 0: no weights
    routed: float = 0.0  # the share of tokens that pass by the inner blocks while it trains
    ema: float = 0.999
    ema_power: float = 0.0  # of the step, by which the average weighs it; 0: that of `ema`
    label_dropout: float = 0.1  # the share of labels replaced by the null label, for CFG
    fresh: int = 0  # renders per class to train on instead of the training split (solids)
    flip: bool = True  # whether a mirror image belongs to the same class
    cfg_scale: float = 2.0  # the default for sampling, stored with the prior
    start: str = ""  # the data set whose prior's weights training starts from; none if empty
    autoencoder_start: str = ""  # the same of the autoencoder alone; that of `start` if empty
    seed: int = 0


PRESETS = {
    # A GPU's work, as that of cifar10 and digits is: an H100 made these transformers in two or
    # four minutes each. A decoder of sharp pixels takes more of the distance to real images away
    # than the transformer's last million latents. Without class guidance (a cfg_scale of 1) the
    # samples are nearest to the data, and a step takes half as long.
    "solids": PriorSpec(
        decoder_steps=3479, decoder_batch=64, perceptual=0.2, steps=11_340, batch=512, lr=1.5e-3,
        warmup=500, decay=0.6, ema_power=6.94, fresh=5000, cfg_scale=1.0,
    ),
    # Longer, samples come nearer to the training images than held-out real ones are: after 12,000
    # steps, where the distance to real images in the judge's features is hardly less.
    "digits": PriorSpec(
        channels=(16, 32, 64), autoencoder_steps=2000, width=128, depth=6, heads=2, patch=1,
        steps=8000, batch=128, lr=1e-3, muon=False, decay=0.6, ema_power=6.94, flip=False,
        cfg_scale=1.3,
    ),
    # 32 px halved once: a latent of 16 x 16 x 4 keeps a third of the numbers, where a quarter of
    # the side would keep a twelfth. The transformer has the size of that of solids: it is sampled
    # on two cores, where one of 384 x 10 takes twice as long.
    "cifar10": PriorSpec(
        channels=(32, 64), autoencoder_steps=4000, autoencoder_start="solids",
        steps=5560, batch=512, lr=1.5e-3, warmup=500, decay=0.6, ema_power=6.94, cfg_scale=2.5,
    ),
    # With patches of 4 there are 64 tokens, as there are of cifar10. This much work is one for a
    # GPU: an H100 did it in nine minutes. What the network gains by its width, it gives back in
    # sampling, which takes 1.7 times as long as with a width of 256.
    "imagenette": PriorSpec(
        autoencoder_steps=620, autoencoder_batch=64, autoencoder_lr=1e-3,
        autoencoder_start="solids", decoder_steps=2386, perceptual=0.2, width=384, heads=6, patch=4,
        steps=7867, batch=512, lr=1e-3, warmup=500, decay=0.6, ema_power=6.94, cfg_scale=2.0,
    ),
    # Chosen by trials of equal cost (bench/results.md). The autoencoder of cifar10 halves the side
    # and gives 64 px back at 36 dB as it is; turned, its latents are near those that imagenette's
    # transformer knows, on the same grid. Batches are small: one core makes few steps. The trials
    # were of a transformer of width 256, which that of imagenette then had.
    "imagenette64": PriorSpec(
        channels=(32, 64), autoencoder_steps=0, autoencoder_start="cifar10",
        width=384, heads=6, patch=4, steps=100_000, batch=32, lr=5e-4, muon=False, decay=0.2,
        ema_power=6.94, cfg_scale=3.0,
        start="imagenette",
    ),
}  # fmt: skip
"""The hyperparameters of the shipped priors.

They are sized by what is shipped (half precision, in files below 10 MB) and by the time of ten
images on two cores.
"""
