"""One file per outside system, each implementing ports; `memory` ships the in-process ones."""
