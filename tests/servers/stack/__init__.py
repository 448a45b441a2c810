"""The stack of template.yaml in the stand-in for AWS.

- `template.py`: template.yaml as CloudFormation has it.
- `intrinsics.py`: `Ref`, `Fn::Sub` and the others, with the ids of a stack.
- `deploy.py`: creates a stack: what moto's CloudFormation can make is made by it, the rest by `gaps.py`.
- `gaps.py`: what moto's CloudFormation leaves out or loses, by API calls that read the same template.
- `roles.py`: credentials of a function's own role.
"""
