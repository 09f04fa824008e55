${# MQTT for sensor networks: MQTT-SN version 1.2, section 5.4.2: search.
Port 1884.  Answer: 03 02 and the number of the gateway.}
${HEX=03 01 00}${#}
