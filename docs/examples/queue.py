def send_all(queue, log):
    """Send what is ready, and tell how much that was."""
    sent = 0
    for item in queue:
        if item.ready:
            item.send()  # may raise
            sent += 1

    log.info("sent %d", sent)
    return sent
