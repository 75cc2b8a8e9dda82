using System.Globalization;

namespace GenAgent.Storage;

/// <summary>How much address space this process may still take.</summary>
public static class AddressSpace
{
    /// <summary>Bytes; null where there is no limit, or nobody knows of one.</summary>
    /// <returns>Bytes, or null.</returns>
    public static long? Free()
    {
        if (!OperatingSystem.IsLinux()) return null;
        try
        {
            return Free(File.ReadLines("/proc/self/limits"), File.ReadAllText("/proc/self/statm"), Environment.SystemPageSize);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Reads what Linux says of a process.</summary>
    /// <param name="limits">The lines of <c>limits</c>.</param>
    /// <param name="pages">The content of <c>statm</c>, of which the first number is the pages in use.</param>
    /// <param name="pageSize">Bytes of a page.</param>
    internal static long? Free(IEnumerable<string> limits, string pages, long pageSize)
    {
        const string Name = "Max address space";
        var line = limits.FirstOrDefault(line => line.StartsWith(Name, StringComparison.Ordinal));
        var soft = line?[Name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        return long.TryParse(soft, CultureInfo.InvariantCulture, out var limit)
            && long.TryParse(pages.Split(' ')[0], CultureInfo.InvariantCulture, out var used)
            ? limit - (used * pageSize)
            : null;
    }
}
