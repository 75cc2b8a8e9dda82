using System.Data.Common;

namespace GenAgent.Server.Storage;

/// <summary>Reads columns by name.</summary>
internal static class Rows
{
    public static string Text(this DbDataReader row, string column) => row.GetString(row.GetOrdinal(column));

    public static string? TextOrNull(this DbDataReader row, string column) => row.IsDBNull(row.GetOrdinal(column)) ? null : row.Text(column);

    public static long Number(this DbDataReader row, string column) =>
        Convert.ToInt64(row.GetValue(row.GetOrdinal(column)), System.Globalization.CultureInfo.InvariantCulture);

    public static long? NumberOrNull(this DbDataReader row, string column) => row.IsDBNull(row.GetOrdinal(column)) ? null : row.Number(column);

    public static byte[]? BytesOrNull(this DbDataReader row, string column) => row.IsDBNull(row.GetOrdinal(column)) ? null : (byte[])row[column];

    public static DateTimeOffset Time(this DbDataReader row, string column) => DateTimeOffset.FromUnixTimeMilliseconds(row.Number(column));

    public static DateTimeOffset? TimeOrNull(this DbDataReader row, string column) =>
        row.NumberOrNull(column) is { } time ? DateTimeOffset.FromUnixTimeMilliseconds(time) : null;
}
