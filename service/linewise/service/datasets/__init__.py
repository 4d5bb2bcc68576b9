"""Data sets of code: shards of rows in, the same rows with labels out, on one machine or on a Ray cluster.

`run.prepare` cuts the shards into pieces (`plan`); an engine (`local`, `on_ray`) has each of them done by
`work.do_piece`; `receipts` tells which are done. `rows.label_rows` is where texts become labels, for these commands
and for `linewise.service.batch.label_batch` alike.
"""
