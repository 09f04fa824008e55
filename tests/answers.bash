# What the tests of zmap-recv share: answers.py, which makes what it reads and
# reads what it writes.

# Python with answers.py as a: make 'a.pcap("x.pcap", ...)'
make() {
	PYTHONPATH=$BATS_TEST_DIRNAME "$PYTHON" -c "import answers as a
s = a.Scan()
$1"
}

# Fields of results: rows FILE NAME...
rows() {
	local file=$1
	shift
	PYTHONPATH=$BATS_TEST_DIRNAME "$PYTHON" -m answers "$@" <"$file"
}

# A counter of the end of a stream: counter FILE NAME
counter() {
	PYTHONPATH=$BATS_TEST_DIRNAME "$PYTHON" -c "import answers as a, sys
print(a.end(sys.argv[1])[sys.argv[2]])" "$@"
}

# Identities that hold at every end.
adds_up() {
	PYTHONPATH=$BATS_TEST_DIRNAME "$PYTHON" -c "import answers as a, sys
e = a.end(sys.argv[1])
reasons = ['link', 'truncated', 'fragment', 'protocol', 'address', 'quote',
           'source', 'port', 'validation']
assert e['captured'] == e['received'] + e['kernel_drops'] + e['unread'], e
assert e['received'] == e['valid'] + e['invalid'], e
assert e['invalid'] == sum(e[r] for r in reasons), e
assert e['valid'] == e['passed'] + e['queue_drops'], e
assert e['valid'] == e['unique'] + e['failure_unique'] + e['repeats'], e
n = len(list(a.table(sys.argv[1], 'saddr')))
assert n == e['passed'], (n, e)" "$1"
}
