"""The approval policy: who may ask, who must approve, and why. Pure, but for one file.

| module | what is there |
|---|---|
| `schema` | `Policy` and its tables: what the file may say |
| `load` | text to `Policy`, with the line of every problem |
| `file` | `PolicyFile`: the file on disk, read again when it changes; the only I/O here |
| `decide` | `decide`: a request to a `Decision` with its reason |
| `review` | `review`: one click on Approve or Deny; `tally`: the votes that count |
| `explain` | `explain`: why each rule holds or not; `replay`: what a new file would change |

`fields` (the file's scalar types), `windows` (hours and freezes), `match` (one rule against one
step; `PolicyInput`, `Step`) and `reasons` (why it is decided so, as data) serve these. The words
for all of it are in `bot.views`: `decisions`, `explanations`, `policy_words` and
`policy_differences`; `differences` (what differs) and `fits` (whether a rule fits) are the data.
"""
