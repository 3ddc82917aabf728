/** Messages as weather services send them. Shapes are those of real ones; names, numbers and places are made up. */

export interface Said {
  identifier?: string;
  sender?: string;
  sent?: string;
  status?: string;
  msgType?: string;
  references?: string;
  language?: string;
  event?: string;
  severity?: string;
  headline?: string;
  expires?: string | null;
  onset?: string;
  /** further elements of <info> before its areas */
  more?: string;
  /** what is in <area> */
  area?: string;
  version?: string;
  areaDesc?: string;
}

/** The first time of a test's clock is given as `sent`. */
export const cap = (said: Said & { sent: string }): string => `<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:${said.version ?? '1.2'}">
  <identifier>${said.identifier ?? 'w-1'}</identifier>
  <sender>${said.sender ?? 'weather@example.org'}</sender>
  <sent>${said.sent}</sent>
  <status>${said.status ?? 'Actual'}</status>
  <msgType>${said.msgType ?? 'Alert'}</msgType>
  <scope>Public</scope>
  ${said.references === undefined ? '' : `<references>${said.references}</references>`}
  <info>
    <language>${said.language ?? 'zh-CN'}</language>
    <category>Met</category>
    <event>${said.event ?? '寒潮橙色预警'}</event>
    <urgency>Expected</urgency>
    <severity>${said.severity ?? 'Severe'}</severity>
    <certainty>Likely</certainty>
    ${said.onset === undefined ? '' : `<onset>${said.onset}</onset>`}
    ${said.expires === undefined || said.expires === null ? '' : `<expires>${said.expires}</expires>`}
    ${said.headline === undefined ? '' : `<headline>${said.headline}</headline>`}
    ${said.more ?? ''}
    <area><areaDesc>${said.areaDesc ?? 'somewhere'}</areaDesc>${said.area ?? ''}</area>
  </info>
</alert>`;

/** The national warning system: code of the office and time as identifier, code of the event, no outline. */
export const chinese = (sent: string, more: Partial<Said> = {}): string =>
  cap({
    identifier: `61010041600000_${sent.replaceAll(/\D/g, '').slice(0, 14)}`,
    sender: '西安市气象台',
    sent,
    event: '寒潮',
    severity: 'Severe',
    headline: '西安市气象台发布寒潮橙色预警[II级/严重]',
    more: `<eventCode><valueName>预警种类</valueName><value>11B04</value></eventCode>
      <description>受强冷空气影响，预计未来24小时内我市大部最低气温下降12℃以上。</description>
      <instruction>做好防寒保暖工作。</instruction>`,
    ...more,
  });

/** MeteoAlarm: the same in two languages, its own scale as parameters, regions by a table of its own. */
export const meteoalarm = (sent: string, expires: string, area = ''): string => {
  const info = (language: string, event: string, headline: string): string => `<info>
    <language>${language}</language><category>Met</category><event>${event}</event>
    <responseType>Monitor</responseType><urgency>Future</urgency><severity>Moderate</severity><certainty>Likely</certainty>
    <onset>${sent}</onset><expires>${expires}</expires><senderName>Weather service</senderName><headline>${headline}</headline>
    <parameter><valueName>awareness_level</valueName><value>3; orange; Severe</value></parameter>
    <parameter><valueName>awareness_type</valueName><value>6; low-temperature</value></parameter>
    <area><areaDesc>Kreis</areaDesc>${area}<geocode><valueName>EMMA_ID</valueName><value>DE610100</value></geocode></area>
  </info>`;
  return `<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
    <identifier>2.49.0.0.276.0.DE.123.456</identifier><sender>cap@example.org</sender><sent>${sent}</sent>
    <status>Actual</status><msgType>Alert</msgType><scope>Public</scope>
    ${info('de-DE', 'STRENGER FROST', 'Amtliche WARNUNG')}
    ${info('en-GB', 'Orange Low-Temperature Warning', 'Official WARNING of severe frost')}
  </alert>`;
};

/** National Weather Service: a prefix, a message that ends before its event does, counties by SAME and UGC codes. */
export const nws = (
  sent: string,
  onset: string,
  expires: string,
  ends: string,
  polygon = '',
): string => `<?xml version="1.0"?>
<cap:alert xmlns:cap="urn:oasis:names:tc:emergency:cap:1.2">
  <cap:identifier>urn:oid:2.49.0.1.840.0.1f2e.001.1</cap:identifier><cap:sender>w-nws.webmaster@example.org</cap:sender>
  <cap:sent>${sent}</cap:sent><cap:status>Actual</cap:status><cap:msgType>Alert</cap:msgType><cap:scope>Public</cap:scope>
  <cap:info><cap:language>en-US</cap:language><cap:category>Met</cap:category><cap:event>Wind Chill Warning</cap:event>
    <cap:urgency>Expected</cap:urgency><cap:severity>Severe</cap:severity><cap:certainty>Likely</cap:certainty>
    <cap:eventCode><cap:valueName>SAME</cap:valueName><cap:value>WCW</cap:value></cap:eventCode>
    <cap:effective>${sent}</cap:effective><cap:onset>${onset}</cap:onset><cap:expires>${expires}</cap:expires>
    <cap:headline>Wind Chill Warning issued for Orange County</cap:headline>
    <cap:description>* WHAT...Very cold wind chills.&#10;* WHERE...Here &amp; there.</cap:description>
    <cap:parameter><cap:valueName>eventEndingTime</cap:valueName><cap:value>${ends}</cap:value></cap:parameter>
    <cap:area><cap:areaDesc>Orange</cap:areaDesc>${polygon}
      <cap:geocode><cap:valueName>SAME</cap:valueName><cap:value>610100</cap:value></cap:geocode>
      <cap:geocode><cap:valueName>UGC</cap:valueName><cap:value>NYZ067</cap:value></cap:geocode></cap:area>
  </cap:info>
</cap:alert>`;

/** A rectangle as CAP says it: lat,lon, closed. */
export const box = (west: number, south: number, east: number, north: number): string =>
  `<polygon>${[
    [south, west],
    [south, east],
    [north, east],
    [north, west],
    [south, west],
  ]
    .map(([lat, lon]) => `${String(lat)},${String(lon)}`)
    .join(' ')}</polygon>`;
