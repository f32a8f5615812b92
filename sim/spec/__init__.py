"""The scenario language: what is asked. `sim.spec.load.load` turns a file into values, or into every error at once.

source → yaml_core → options → like → named → the models → references, coherence, asked → Document
(text)   (data,      (patch)   (copy   (presets            (do the parts fit together?)
          lines)                siblings) filled in)
"""

from __future__ import annotations
