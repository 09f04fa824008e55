${# Quake III Arena: id Software's server commands, out of band.
Port 27960.  Answer: ffffffff statusResponse, a line of variables, and one for
each player.}
${HEX=ffffffff}getstatus${HEX=00}${#}
