// Check opens a log's folder as any Go program would: with golang.org/x/mod/sumdb/note and tlog, and nothing of ours.
//
//	check FOLDER VKEY SECRET < questions
//
// FOLDER holds checkpoint and tile/; VKEY is the log's key. A question is one line of JSON:
//
//	{"old": 3, "size": 10}        is the tree of 3 entries the beginning of that of 10?
//	{"index": 4, "size": 10}      is entry 4 in the tree of 10?
//
// with "path", the proof to judge. Each answer is one line: the same proof made here from the tiles ("path"), whether it
// holds ("made"), and whether the given one does ("given"). The first line answers for the log: its size, its root by the
// tiles, and the checkpoint's text signed here with SECRET. Anything wrong with the log itself ends the program.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type folder string

func (f folder) Height() int { return 8 }

func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range tiles {
		// Go's paths begin with tile/HEIGHT/, those of tlog-tiles with tile/
		data, err := os.ReadFile(filepath.Join(string(f), "tile", strings.TrimPrefix(tile.Path(), "tile/8/")))
		if err != nil {
			return nil, err
		}
		found = append(found, data)
	}
	return found, nil
}

func (f folder) SaveTiles([]tlog.Tile, [][]byte) {}

type question struct {
	Index *int64
	Old   *int64
	Size  int64
	Path  []tlog.Hash
}

type answer struct {
	Path  []tlog.Hash `json:"path"`
	Made  bool        `json:"made"`
	Given bool        `json:"given"`
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func main() {
	log.SetFlags(0)
	where := folder(os.Args[1])
	verifier := must(note.NewVerifier(os.Args[2]))
	signed := must(note.Open(must(os.ReadFile(filepath.Join(os.Args[1], "checkpoint"))), note.VerifierList(verifier)))
	lines := strings.Split(signed.Text, "\n")
	size := must(strconv.ParseInt(lines[1], 10, 64))
	root := must(tlog.ParseHash(lines[2]))
	if lines[0] != verifier.Name() {
		log.Fatalf("origin %q is not the key's name %q", lines[0], verifier.Name())
	}
	hashes := tlog.TileHashReader(tlog.Tree{N: size, Hash: root}, where)
	if computed := must(tlog.TreeHash(size, hashes)); computed != root {
		log.Fatalf("the tiles make %v, the checkpoint says %v", computed, root)
	}
	again := must(note.Sign(&note.Note{Text: signed.Text}, must(note.NewSigner(os.Args[3]))))
	out := json.NewEncoder(os.Stdout)
	out.Encode(map[string]any{
		"size": size, "root": root, "signed": string(again), "verified": len(signed.Sigs),
		"unknown": len(signed.UnverifiedSigs), "version": runtime.Version(),
	})
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		var asked question
		if err := json.Unmarshal(in.Bytes(), &asked); err != nil {
			log.Fatal(err)
		}
		out.Encode(respond(asked, where, hashes))
	}
}

func respond(asked question, where folder, hashes tlog.HashReader) answer {
	root := must(tlog.TreeHash(asked.Size, hashes))
	if asked.Old != nil {
		old := must(tlog.TreeHash(*asked.Old, hashes))
		made := must(tlog.ProveTree(asked.Size, *asked.Old, hashes))
		check := func(path tlog.TreeProof) bool { return tlog.CheckTree(path, asked.Size, root, *asked.Old, old) == nil }
		return answer{made, check(made), check(asked.Path)}
	}
	leaf := tlog.RecordHash(entry(where, *asked.Index))
	made := must(tlog.ProveRecord(asked.Size, *asked.Index, hashes))
	check := func(path tlog.RecordProof) bool {
		return tlog.CheckRecord(path, asked.Size, root, *asked.Index, leaf) == nil
	}
	return answer{made, check(made), check(asked.Path)}
}

// entry reads one from its bundle: whole, or the widest partial one.
func entry(where folder, index int64) []byte {
	tile := tlog.Tile{H: 8, L: -1, N: index >> 8, W: 256}
	path := filepath.Join(string(where), "tile", strings.Replace(tile.Path(), "tile/8/data/", "entries/", 1))
	data, err := os.ReadFile(path)
	if err != nil {
		widths := must(filepath.Glob(path + ".p/*"))
		if len(widths) == 0 {
			log.Fatal(err)
		}
		for _, width := range widths {
			if more := must(os.ReadFile(width)); len(more) > len(data) {
				data = more
			}
		}
	}
	for skip := index & 255; ; skip-- {
		if len(data) < 2 {
			log.Fatal(fmt.Errorf("%s: ends before entry %d", path, index))
		}
		length := int(data[0])<<8 | int(data[1])
		if skip == 0 {
			return data[2 : 2+length]
		}
		data = data[2+length:]
	}
}
