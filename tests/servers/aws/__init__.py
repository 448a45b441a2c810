"""S3, SQS, ECS and EventBridge in memory: moto, with the gaps filled that GraphNode's tests would fall into.

- `queues.py`: SQS that neither hands a message out twice nor slows down with depth, and treats receipts as AWS does.
- `objects.py`: S3 events with all the fields AWS sends.
- `tasks.py`, `lifecycle.py`, `fargate.py`: RunTask starts a process, and what becomes of it is told to EventBridge.
- `access.py`: what is asked with a role's credentials is judged by the role's policies.
- `__main__.py`: serves it.

Each module changes moto by an `install` function, so that what is changed stands in one place.
"""
