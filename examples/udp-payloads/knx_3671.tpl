${# Building control: KNX standard 03_08_02, section 7.6.3: description.
Port 3671.  Answer: 06 10 02 04 and the device's name, address and services.}
${HEX=06 10 0203 000e}${# description request}
${HEX=08 01 00000000 0000}${# to where this came from}
