"""Nine-line reports as they are spoken and typed: text in, what was understood of each line out.

The text is cut into its lines (`cutting`), each line is read for what it may hold (`moments`, `places`, `words`,
`casualties`), what was read is laid beside what was heard (`parsing`), and becomes the draft of a report (`drafting`).
What is not understood is shown, and kept in the draft as it was sent: no text is lost.
"""
