#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Takes zmap-out's place, by Perl alone: chosen fields with tabs between them.
#	zmap-filter success < results.cbor | examples/table.pl saddr sport
use strict; use warnings; use Socket qw(inet_ntop AF_INET AF_INET6); $| = 1;
my ($status, @columns) = ('cut short');
my %exit = (done => 0, misused => 2, interrupted => 3, stopped => 4, incomplete => 5);

sub take { (read(STDIN, my $b, $_[0]) // 0) == $_[0] or die "input cut short\n"; $b }

sub item {      # one item of CBOR, RFC 8949
	my $first = ord take(1);
	my ($major, $n, $endless) = ($first >> 5, $first & 31, ($first & 31) == 31);
	$n = unpack((qw(C n N Q>))[$n - 24], take(1 << $n - 24)) if $n > 23 && !$endless;
	return $major ? -1 - $n : $n if $major < 2;     # integers
	return take($n) if $major < 4;                  # bytes and text
	return item() if $major == 6;                   # a tag: what is in it
	return { 0xf4 => 0, 0xf5 => 1, 0xff => \'break' }->{$first} if $major == 7;
	my ($left, $item, @items) = $n * ($major - 3);
	push @items, $item while ($endless || $left-- > 0) && ref($item = item()) ne 'SCALAR';
	return $major == 4 ? \@items : { @items };
}

sub show {      # addresses are bytes; nobody else's bytes go to a terminal
	my ($value, $type) = @_;
	return inet_ntop(length $value == 4 ? AF_INET : AF_INET6, $value)
		if defined $value && $type eq 'ip';
	return ($value // '') =~ s/([^ -~]|\\)/sprintf '\\x%02x', ord $1/ger;
}

until (eof STDIN) {
	my $item = item();
	if (ref $item eq 'ARRAY') {                     # a record
		print join("\t", map { show($item->[$_->[0]], $_->[1]) } @columns), "\n";
	} elsif ($item->{zmap}) {                       # a header
		my ($i, %found) = 0;
		$found{$_->{name}} = [$i++, $_->{type}] for @{$item->{fields}};
		@columns = map { $found{$_} // die "no field $_\n" } @ARGV;
		$status = 'cut short';
	} elsif ($item->{event} eq 'end') {
		$status = $item->{status};
	}
}
warn "table.pl: the scan is $status\n" if $status ne 'done';
exit($exit{$status} // 1);
