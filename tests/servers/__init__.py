"""What GraphNode's functions meet in the cloud, on one machine, for the end-to-end tests.

`python -m servers` starts the pieces, prints where they listen and ends when its standard input does:

- `aws/`: S3, SQS, ECS and EventBridge, being moto with its gaps filled; ECS tasks are real processes.
- Chroma, the real server; `chroma_cloud.py` puts Chroma Cloud's token and quotas in front of it.
- `environment.py`, `function.py`: Lambda. A function is a program that speaks the Runtime API.
- `event_source.py`: the event source mapping between a queue and a function.
- `space.py`: the buckets, queues and rules of one test, wired as the template wires them.
- `control.py`: the HTTP API through which tests ask for the above.
"""
