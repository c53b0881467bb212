// Package models is what people entered and what follows from it: sessions,
// rollers and reports of how the scalp feels; the episodes, warnings and
// reminders that judging makes of them; and the deliveries that push services
// are given.
//
// The files stand in the order in which a request runs through them. A file
// uses only files that stand after it; a test holds it.
//
//	calls      what api and jobs may ask
//	           push wish upload undo calm answer put signup signin profile consent phone advance waking purge export statistics doctor calendar timeline changes ticket watch open
//	judging    a fact is stored, the history judged, and what follows is stored with it
//	           judge episodes edit group warn resume plan transition digest upgrade facts history draft
//	outbox     what is shown to whom, and what became of it
//	           stuck settle wanted action worker claim access notify
//	rows       one file for each stored thing: its type and its behaviour
//	           warning reminder delivery report clinician episode session roller progress caller device account bounds name row entry
//	words      the vocabulary, secrets, errors, and the transaction
//	           secret store inflight watchers person zone vocabulary pack unpack plain error
//
// The database itself is models/db, the medical knowledge models/care, the
// words that people read models/texts.
package models
