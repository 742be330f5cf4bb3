/** Dashboards and rules against what a real service and a real controller export, and a real Prometheus has scraped. */
import { afterAll } from "vitest";
import "./live-metrics.suite.ts";
import "./dashboards.suite.ts";
import "./broken-dashboards.suite.ts";
import "./rules.suite.ts";
import { endMonitored } from "./monitored.ts";

afterAll(endMonitored);
