package main

import "aftercare/models/care"

// knowledgeCmd prints the medical rules.
type knowledgeCmd struct {
	Show knowledgeShowCmd `cmd:"" default:"1" help:"Print the rules in force, with their sources (the default)."`
	Diff knowledgeDiffCmd `cmd:"" help:"Print what changed between two versions, for a reviewing doctor."`
}

type knowledgeShowCmd struct{}

// Run prints the rules as in docs/knowledge.md.
func (knowledgeShowCmd) Run(e *env) error { return e.print(care.Knowledge()) }

type knowledgeDiffCmd struct {
	Old string `arg:"" help:"A released version, such as 0.1.0."`
	New string `arg:"" optional:"" default:"current" help:"Another one; by default the knowledge of this program."`
}

// Run prints the changes as Markdown.
func (k knowledgeDiffCmd) Run(e *env) error {
	text, err := care.Diff(k.Old, k.New)
	if err != nil {
		return err
	}
	return e.print(text)
}
