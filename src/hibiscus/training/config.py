"""The options that all methods share, each with its type, range and description in one place.

A method's own `Config` derives from `TrainingConfig`. To change a default it repeats the name with the
option's type, `learning_rate: LearningRate = 2e-4`, and inherits range and description.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from torch import nn

from hibiscus.training.optimizers import Optimizer
from hibiscus.training.player import Loss, Player
from hibiscus.training.schedules import FACTORS, MILESTONES, make_schedule

__all__ = [
    "BatchSize",
    "Beta1",
    "Beta2",
    "ClipGradNorm",
    "EMADecay",
    "Epochs",
    "LatentDim",
    "LearningRate",
    "Momentum",
    "OptimizerName",
    "Precision",
    "ScheduleName",
    "TrainingConfig",
    "WeightDecay",
]

Epochs = Annotated[int, Field(ge=1, description="passes over the training part")]
BatchSize = Annotated[int, Field(ge=1, description="batch size: items per batch")]
OptimizerName = Annotated[
    Literal["sgd", "rmsprop", "adam", "adamw"], Field(description="the optimizer of every player")
]
LearningRate = Annotated[
    float, Field(gt=0, description="base learning rate, which the schedule multiplies by a factor")
]
Momentum = Annotated[
    float | None,
    Field(ge=0, lt=1, description="momentum of sgd and rmsprop; default: 0.9 for sgd, 0 for rmsprop"),
]
Beta1 = Annotated[float, Field(ge=0, lt=1, description="adam: beta1, decay rate of the mean of gradients")]
Beta2 = Annotated[
    float, Field(ge=0, lt=1, description="adam: beta2, decay rate of the mean of squared gradients")
]
WeightDecay = Annotated[
    float,
    Field(
        ge=0,
        description="L2 weight decay, not applied to biases and normalization layers; decoupled in adamw",
    ),
]
ScheduleName = Annotated[
    Literal["constant", "coslog4", "cosine", "linear", "one-cycle", "steps"],
    Field(description="learning rate schedule"),
]
ClipGradNorm = Annotated[
    float | None,
    Field(
        gt=0, description="gradient clipping: maximum total norm of a player's gradient; none for no clipping"
    ),
]
ClipGradValue = Annotated[
    float | None,
    Field(gt=0, description="gradient clipping: maximum absolute value of each component; none for no limit"),
]
Precision = Annotated[
    Literal["auto", "float32", "bfloat16"], Field(description="data type of matrix products and convolutions")
]
EMADecay = Annotated[
    float,
    Field(
        ge=0,
        lt=1,
        description="decay of the exponential moving average (EMA) of weights for predictions, at most "
        "(1 + t) / (10 + t) in round t of a stage; 0 for none",
    ),
]
LatentDim = Annotated[int, Field(ge=1, description="dimension of the latent space")]


class TrainingConfig(BaseModel):
    """The options that all methods share; a method's own `Config` adds to them and sets its own defaults."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    epochs: Epochs = 10
    batch_size: BatchSize = 128
    seed: int = Field(
        0, ge=0, lt=2**63, description="random seed; the same seed gives a bit-identical run on a CPU"
    )
    optimizer: OptimizerName = "adam"
    learning_rate: LearningRate = 1e-3
    momentum: Momentum = None
    rmsprop_smoothing: float = Field(
        0.99, ge=0, lt=1, description="rmsprop: decay rate of the mean of squared gradients (Keras: 0.9)"
    )
    weight_decay: WeightDecay = 0.0
    schedule: ScheduleName = "constant"
    lr_milestones: tuple[float, ...] = Field(
        MILESTONES, description="schedule=steps: fractions of the training at which the learning rate changes"
    )
    lr_factors: tuple[float, ...] = Field(
        FACTORS, description="schedule=steps: factor of the learning rate from each milestone on"
    )
    clip_grad_norm: ClipGradNorm = None
    clip_grad_value: ClipGradValue = None
    reduce_lr_patience: int = Field(
        0, ge=0, description="epochs without improvement before the learning rate is reduced; 0 for never"
    )
    reduce_lr_factor: float = Field(
        0.316, gt=0, lt=1, description="factor of each learning-rate reduction (default: sqrt(0.1))"
    )
    reduce_lr_min: float = Field(
        5e-7, ge=0, description="base learning rate below which plateaus do not reduce it"
    )
    reduce_lr_metric: str = Field(
        "selection",
        pattern=r"^(selection|(train|val)/.+)$",
        description="value of the log whose plateaus count, such as val/loss or train/loss; selection: the "
        "selection metric on validation",
    )
    selected_epoch: Literal["best", "last"] = Field(
        "best",
        description="the epoch that is used: best by the selection metric on validation, or last, "
        "where the validation part is too small to tell",
    )
    early_stopping_patience: int = Field(
        0, ge=0, description="epochs without improvement before training stops; 0 for never"
    )
    precision: Precision = "auto"
    compile: bool = Field(
        False,
        description="compile the networks with torch.compile, which takes a minute or more; for long "
        "GPU training runs",
    )
    log_every: int = Field(50, ge=1, description="number of rounds between two lines of the log")
    checkpoint_interval: float = Field(
        60.0, ge=0, description="maximum time between two checkpoints, in seconds"
    )
    stop_after_epochs: int = Field(
        0, ge=0, description="stop after this many epochs of a schedule planned for `epochs`; 0 for no limit"
    )
    max_rounds: int = Field(
        0, ge=0, description="stop after this many rounds, for a quick test; 0 for no limit"
    )

    def chosen_on_validation(self) -> str:
        """The option by which something is fitted on the validation part after training, as `name=value`;
        empty if there is none.
        """
        return ""

    def table_scaling(self, inputs: Collection[str]) -> str:
        """How numbers of tables are scaled by default, with these input fields: see `TablePreparation`."""
        return "standard"

    @property
    def text_tokens(self) -> str:
        """The kind of tokens of texts for `tokens=auto`, see `TextPreparation`."""
        return "word"

    def player(
        self,
        name: str,
        networks: nn.Module | Sequence[nn.Module],
        loss: Loss,
        *,
        batches_per_round: int = 1,
        lr_factor: float = 1.0,
        betas: tuple[float, float] = (0.9, 0.999),
        after_step: Callable[[], None] | None = None,
        lr_factors: Mapping[nn.Parameter, float] | None = None,
    ) -> Player:
        """A player with the optimizer, schedule and gradient clipping of these options.

        Args:
            name: its name in the log.
            networks: those whose parameters it owns.
            loss: maps a batch to a scalar and named terms.
            batches_per_round: new batches in a round; 0 to reuse the batch of the player before it.
            lr_factor: multiplies `learning_rate`.
            betas: for Adam and AdamW.
            after_step: called after each step.
            lr_factors: further factors for some parameters; 1 for the others.
        """
        momentum = (0.9 if self.optimizer == "sgd" else 0.0) if self.momentum is None else self.momentum
        optimizer = Optimizer(
            self.optimizer,
            lr_factor * self.learning_rate,
            momentum,
            betas,
            self.weight_decay,
            smoothing=self.rmsprop_smoothing,
        )
        return Player(
            name,
            networks,
            loss,
            optimizer,
            batches_per_round=batches_per_round,
            schedule=make_schedule(self.schedule, self.lr_milestones, self.lr_factors),
            clip_grad_norm=self.clip_grad_norm,
            clip_grad_value=self.clip_grad_value,
            after_step=after_step,
            lr_factors=lr_factors,
        )
