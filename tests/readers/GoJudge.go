// What crypto/x509 makes of PEM files and certificates: asked over standard input, a line each.
package main

import (
	"bufio"
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"os"
	"strings"
)

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<26)
	for lines.Scan() {
		kind, text, _ := strings.Cut(lines.Text(), " ")
		data, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			panic(err)
		}
		if kind == "C" {
			if _, err := x509.ParseCertificate(data); err != nil {
				fmt.Println(strings.ReplaceAll(err.Error(), "\n", " "))
			} else {
				fmt.Println()
			}
			continue
		}
		// The loop of AppendCertsFromPEM, to see what it takes.
		pool := x509.NewCertPool()
		ok := pool.AppendCertsFromPEM(data)
		answer := fmt.Sprint(ok)
		for rest := data; len(rest) > 0; {
			var block *pem.Block
			block, rest = pem.Decode(rest)
			if block == nil {
				break
			}
			one := x509.NewCertPool()
			whole := pem.EncodeToMemory(&pem.Block{Type: block.Type, Headers: block.Headers, Bytes: block.Bytes})
			if one.AppendCertsFromPEM(whole) && !bytes.Contains([]byte(answer), []byte(hex.EncodeToString(block.Bytes))) {
				answer += " " + hex.EncodeToString(block.Bytes)
			}
		}
		fmt.Println(answer)
	}
}
