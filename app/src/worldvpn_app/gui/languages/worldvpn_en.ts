<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en_GB" sourcelanguage="en_GB">
  <context>
    <name>diagnostics</name>
    <message numerus="yes">
      <source>{n} packets so far.</source>
      <translation>
        <numerusform>{n} packet so far.</numerusform>
        <numerusform>{n} packets so far.</numerusform>
      </translation>
    </message>
  </context>
  <context>
    <name>home</name>
    <message numerus="yes">
      <source>{n} credits</source>
      <translation>
        <numerusform>{n} credit</numerusform>
        <numerusform>{n} credits</numerusform>
      </translation>
    </message>
  </context>
  <context>
    <name>map</name>
    <message numerus="yes">
      <source>{n} nodes</source>
      <translation>
        <numerusform>{n} node</numerusform>
        <numerusform>{n} nodes</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>{shown} of {n} nodes</source>
      <translation>
        <numerusform>{shown} of {n} node</numerusform>
        <numerusform>{shown} of {n} nodes</numerusform>
      </translation>
    </message>
  </context>
  <context>
    <name>rail</name>
    <message numerus="yes">
      <source>{page}, {n} guests</source>
      <translation>
        <numerusform>{page}, {n} guest</numerusform>
        <numerusform>{page}, {n} guests</numerusform>
      </translation>
    </message>
  </context>
  <context>
    <name>settings</name>
    <message numerus="yes">
      <source>{n} chosen</source>
      <translation>
        <numerusform>{n} chosen</numerusform>
        <numerusform>{n} chosen</numerusform>
      </translation>
    </message>
  </context>
  <context>
    <name>wallet</name>
    <message numerus="yes">
      <source>credits</source>
      <translation>
        <numerusform>credit</numerusform>
        <numerusform>credits</numerusform>
      </translation>
    </message>
  </context>
</TS>
