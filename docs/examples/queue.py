for item in queue:
    if item.ready:
        count = item.send()  # now

print(f"""sent
{count}""")
