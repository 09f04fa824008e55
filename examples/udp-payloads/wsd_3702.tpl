${# Discovery of web services: WS-Discovery 1.1 (OASIS), section 5.2: probe.
Port 3702.  Answer: XML with ProbeMatches, XAddrs of the services and Types,
such as a printer's.}
<?xml version="1.0" encoding="utf-8"?>
<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"
 xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"
 xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery">
<s:Header>
<a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action>
<a:MessageID>urn:uuid:${RAND_DIGIT=8}-${RAND_DIGIT=4}-4${RAND_DIGIT=3}-8${RAND_DIGIT=3}-${RAND_DIGIT=12}</a:MessageID>
<a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To>
</s:Header>
<s:Body><d:Probe/></s:Body>
</s:Envelope>
