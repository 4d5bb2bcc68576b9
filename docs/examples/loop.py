for item in queue:
    item.send()
