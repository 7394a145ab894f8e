"""Schedules: commands that run by the clock. Pure, but for one file.

| module | what is there |
|---|---|
| `schema` | `Schedule`: what the file may say of one |
| `load` | text to all schedules, with the line of every problem |
| `file` | the file on disk; the only I/O here |
| `due` | `next_due`, `latest_due`: the times at which one is to run |
| `approved` | `digest`: what a standing approval is bound to |

`when` (the spellings of a time that comes again) serves these.
"""
