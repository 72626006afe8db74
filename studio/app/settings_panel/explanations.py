"""What each setting of a training means, in one sentence, as its tooltip says it."""

from __future__ import annotations

from studio.words import Message

SETTINGS: dict[str, Message] = {
    "objective": Message("What is learned. Left to the data, it is what they are for."),
    "loss": Message("What a step makes smaller."),
    "network": Message("The network that is trained."),
    "epochs": Message("How often every sample is seen."),
    "batch_size": Message("Samples a step looks at. More compute faster and need more memory."),
    "seed": Message("The same seed on the same machine gives the same weights."),
    "device": Message("What computes: the processor or a graphics card."),
    "threads": Message("How many threads compute a step. Left alone, what is fastest here."),
    "precision": Message("What layers compute in. Weights, losses and validation are in float32 with any."),
    "memory_format": Message("How images lie in memory. Convolutions are mostly faster with channels last."),
    "compile": Message("torch.compile: a minute of warm-up, then faster steps on most graphics cards."),
    "replay": Message("Each step calls what the first ones did, without autograd: the same bits, sooner."),
    "processes": Message("So many processes share every batch: one for each graphics card of this machine."),
    "schedule": Message("How the learning rate changes while training."),
    "warmup_epochs": Message("The learning rate rises from a hundredth to its value over so many epochs."),
    "warmup_steps": Message("The same, counted in steps."),
    "clip_norm": Message("A longer gradient is cut to this length: no single batch throws the weights off."),
    "accumulate": Message("So many batches make one step: a larger batch without its memory."),
    "ema": Message("An average of the weights is judged and kept. 0.999 of it stays at a step, usually."),
    "decay": Message("What weight decay pulls towards zero. Biases and norms need no pulling."),
    "l1": Message("Adds the sum of absolute weights, times this: many of them become nearly zero."),
    "label_smoothing": Message(
        "The right class counts a little less than wholly, against being too certain."
    ),
    "mixup": Message("Images and labels are blended. The alpha of the share: 0.2 is usual, 0 is off."),
    "cutmix": Message("A piece of one image is pasted into another: 1 is usual, 0 is off."),
    "class_weights": Message(
        "Balanced: rare classes count in the loss as much as frequent ones. Or type a number for each class."
    ),
    "sampler": Message("Balanced: every class is drawn as often, so some samples come several times."),
    "patience": Message("The run ends after so many epochs without a better one."),
    "max_minutes": Message("The run ends after so many minutes, pauses not counted."),
}

OPTIMIZER: dict[str, Message] = {
    "lr": Message("The learning rate: how far a step goes. The first thing to change where training fails."),
    "momentum": Message("How much of the last step is kept in the next."),
    "dampening": Message("How much less of the gradient enters the momentum."),
    "weight_decay": Message("How strongly weights are pulled towards zero, against overfitting."),
    "nesterov": Message("Looks ahead along the momentum."),
    "betas": Message("How slowly the averages of the gradient and of its square change."),
    "eps": Message("Keeps a division from growing without bound."),
    "amsgrad": Message("Never forgets the largest gradient."),
    "alpha": Message("How slowly an average changes."),
    "rho": Message("How slowly the averages change."),
    "centered": Message("Divides by the deviation of the gradient instead of its size."),
}

SCHEDULE: dict[str, Message] = {
    "step_size": Message("The rate falls each time so many epochs or steps have gone by."),
    "gamma": Message("What the rate is multiplied with each time."),
    "milestones": Message("When the rate falls: numbers with commas between them."),
    "unit": Message("What lengths are counted in: epochs, or steps of the optimiser."),
    "eta_min": Message("The rate at the end."),
    "T_0": Message("How long the first cycle is."),
    "T_mult": Message("How many times as long each cycle is as the one before."),
    "power": Message("1 falls in a straight line, 2 faster at first."),
    "start_factor": Message("The part of the rate that it begins with."),
    "end_factor": Message("The part of the rate that it ends with."),
    "pct_start": Message("The part of the run in which the rate rises."),
    "div_factor": Message("The rate begins as many times smaller."),
    "final_div_factor": Message("The rate ends as many times smaller than it began."),
    "factor": Message("What the rate is multiplied with when nothing gets better."),
    "patience": Message("So many epochs without a better one make the rate fall."),
}
