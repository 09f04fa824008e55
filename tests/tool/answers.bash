# SPDX-License-Identifier: Apache-2.0
# What the tests of zmap-recv share: answers.py, which makes what it reads and
# reads what it writes.

# Python with answers.py as a: make 'a.pcap("x.pcap", ...)'
make() {
	"$PYTHON" -c "import answers as a
s = a.Scan()
$1"
}

# Fields of results: rows FILE NAME...
rows() {
	local file=$1
	shift
	"$PYTHON" -m answers "$@" <"$file"
}

# A counter of the end of a stream: counter FILE NAME
counter() {
	"$PYTHON" -c "import answers as a, sys
print(a.end(sys.argv[1])[sys.argv[2]])" "$@"
}
