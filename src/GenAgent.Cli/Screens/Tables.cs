using System.Globalization;
using Spectre.Console;

namespace GenAgent.Cli.Screens;

/// <summary>The two kinds of tables, and the cells that they share.</summary>
internal static class Tables
{
    /// <summary>A list: a head, and no frame.</summary>
    public static Table Simple(params string[] heads) => new Table().Border(TableBorder.Simple).AddColumns(heads);

    /// <summary>Figures with a title, in a frame.</summary>
    public static Table Framed(string title, params string[] heads) =>
        new Table().Border(TableBorder.Rounded).Title(new TableTitle(Markup.Escape(title))).AddColumns(heads);

    /// <summary>Aligns columns to the right.</summary>
    public static Table Right(this Table table, params ReadOnlySpan<int> columns)
    {
        foreach (var column in columns) table.Columns[column].Alignment = Justify.Right;
        return table;
    }

    public static Text Number(int? number) => new(number?.ToString(CultureInfo.InvariantCulture) ?? "-");
}
