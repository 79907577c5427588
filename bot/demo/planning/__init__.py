"""How the scripted model thinks: words against tool schemas, nothing else."""
