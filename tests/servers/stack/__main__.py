"""`python -m servers.stack`: prints template.yaml as CloudFormation has it, for linters that know no SAM."""

from __future__ import annotations

import json
import sys

from servers.stack.template import translated

# Required parameters only matter where SAM looks at their values, which it does not.
json.dump(translated({}), sys.stdout, indent=1, default=str)
