using System.Globalization;

namespace GenAgent.Cli.Commands.Models;

/// <summary>Sizes as people read them: <c>3.1 GB</c>.</summary>
internal static class ByteSize
{
    private static readonly string[] Units = ["B", "kB", "MB", "GB", "TB"];

    public static string Of(long bytes)
    {
        var (size, unit) = ((double)bytes, 0);
        while (size >= 999.5 && unit < Units.Length - 1)
        {
            size /= 1000;
            unit++;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{(unit == 0 || size >= 99.95 ? $"{size:0}" : $"{size:0.0}")} {Units[unit]}");
    }
}
