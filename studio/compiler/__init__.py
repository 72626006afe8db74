"""Document to shapes and costs, problems and cures, torch.fx.GraphModule, Python source."""
