/** Rows as text in columns that are as wide as their widest cell. */

/** @returns The header line and one line for each row; cells of numbers stand at the right of their column. */
export function columns(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const isNumeric = header.map((_, column) => rows.every((row) => /^([-+]?[\d.,]+|-)?$/.test(row[column] ?? "")));
  return [header, ...rows].map((row) =>
    row
      .map((cell, column) =>
        isNumeric[column] === true ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd(),
  );
}
