${# Servers of Source games: Valve's "Server queries", A2S_INFO.
Port 27015.  Answer: ffffffff 49 and name, map, folder and game; or ffffffff 41
and a challenge.}
${HEX=ffffffff 54}Source Engine Query${HEX=00}${#}
