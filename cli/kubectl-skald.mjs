#!/usr/bin/env node
// `kubectl skald`: kubectl runs the program of this name that it finds in the PATH. It is `skald` itself.
import './skald.mjs';
