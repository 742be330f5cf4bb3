/** Puts panels into a dashboard: rows, places, ids, and everything that all dashboards have alike. */
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import { annotations } from "./annotations.ts";
import { type DashboardName, dashboardLinks, TAG, uid } from "./links.ts";
import type { PlacedPanel } from "./panels.ts";

/** Panels under a heading. */
interface Section {
  readonly title: string;
  readonly panels: readonly PlacedPanel[];
}

/** What makes a dashboard. */
export interface DashboardSettings {
  readonly name: DashboardName;
  readonly title: string;
  /** The one question that it answers. */
  readonly question: string;
  readonly variables: readonly Builder<dashboard.VariableModel>[];
  readonly sections: readonly Section[];
}

const GRID_WIDTH = 24;
/** The panels of a row have ids of their own hundred, so that a new one moves no other row's. */
const IDS_OF_A_ROW = 100;

/** The dashboard as Grafana reads it. */
export function buildDashboard({ name, title, question, variables, sections }: DashboardSettings): dashboard.Dashboard {
  const built = new dashboard.DashboardBuilder(title)
    .uid(uid[name])
    .description(question)
    .tags([TAG])
    .timezone("browser")
    .time({ from: "now-6h", to: "now" })
    .refresh("1m")
    .readonly()
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .variables([...variables])
    .annotations(annotations())
    .links(dashboardLinks())
    .build();
  let y = 0;
  const panels: (dashboard.Panel | dashboard.RowPanel)[] = [];
  for (const [index, section] of sections.entries()) {
    const firstId = (index + 1) * IDS_OF_A_ROW;
    const place = { x: 0, y, w: GRID_WIDTH, h: 1 };
    panels.push(new dashboard.RowBuilder(section.title).collapsed(false).id(firstId).gridPos(place).build());
    y += 1;
    let x = 0;
    let height = 0;
    for (const [at, panel] of section.panels.entries()) {
      if (x + panel.width > GRID_WIDTH) {
        y += height;
        x = 0;
        height = 0;
      }
      panels.push(panel.build(firstId + at + 1, { x, y }));
      x += panel.width;
      height = Math.max(height, panel.height);
    }
    y += height;
  }
  const { links = [], annotations: marks } = built;
  for (const placed of [...links, ...(marks.list ?? [])]) delete placed.placement; // not into a menu: to where it is seen
  return { ...built, panels };
}
