"""The Open Inference Protocol (V2, over REST) with the binary tensor extension: the service among other model servers.

It is a second form for what ``/v1/classify/batch`` does, with the same limits, pool and model behind it.
"""
