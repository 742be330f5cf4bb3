import { expect, test } from "vitest";
import { acceptedFormat } from "./page-format.ts";

test.each([
  [
    "Prometheus 2",
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
  ],
  [
    "Prometheus 3",
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
  ],
  [
    "Prometheus that would like native histograms",
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
  ],
  ["one that takes nothing else", "application/openmetrics-text"],
  ["one with spaces, quotes and capitals", 'Application/OpenMetrics-Text; Version="1.0.0"; Q=0.9 , text/plain ; q=0.5'],
  ["one that likes both as much", "text/plain,application/openmetrics-text"],
])("%s gets OpenMetrics", (_, accept) => {
  expect(acceptedFormat(accept)).toBe("openmetrics");
});

test.each([
  ["nobody in particular", undefined],
  ["an empty header", ""],
  ["curl", "*/*"],
  ["a browser", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"],
  [
    "the embedded source of the controller",
    "text/plain;version=0.0.4, application/openmetrics-text;version=1.0.0;q=0.5",
  ],
  ["one that refuses it", "application/openmetrics-text;q=0"],
  ["one that wants a version that we do not speak", "application/openmetrics-text;version=2.0.0,text/plain;q=0.1"],
  ["one that wants the version before", "application/openmetrics-text;version=0.0.1,*/*;q=0.1"],
  ["one that would rather have anything else", "application/openmetrics-text;q=0.4,*/*;q=0.5"],
  ["one whose quality is no number", "application/openmetrics-text;q=much"],
  ["noise", ";;,=,q=;application/openmetrics-textual,/"],
])("%s gets the plain text", (_, accept) => {
  expect(acceptedFormat(accept)).toBe("plain");
});
