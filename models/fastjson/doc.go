// Package fastjson reads and writes JSON as encoding/json does, several times
// as fast, by functions that are made once for each type. A list of fifty
// reports has a hundred JSON columns and becomes an answer of seventy
// thousand bytes.
//
// It does the usual: text that is compact and nearly always without an escape,
// structs of words, numbers, lists and times. Whatever else there is, and what
// is wrong with a text or a value, is left to encoding/json.
package fastjson
