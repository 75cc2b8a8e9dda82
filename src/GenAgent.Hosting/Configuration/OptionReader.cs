using System.ComponentModel;
using System.Globalization;
using System.Reflection;
using GenAgent.Validation;
using Microsoft.Extensions.Configuration;

namespace GenAgent.Hosting.Configuration;

/// <summary>Checks the configuration against the records that it is bound to: says of a wrong value where it was set, and what is allowed.</summary>
internal static class OptionReader
{
    /// <summary>Looks at the value of every option.</summary>
    /// <exception cref="OptionException">A value is of the wrong type or out of its range.</exception>
    public static void RefuseWrong(Settings settings)
    {
        foreach (var (section, type) in settings.Sections)
        {
            CheckValues(settings, type, section);
        }
    }

    /// <summary>Looks through all sources for names that are no options.</summary>
    /// <exception cref="OptionException">A section or an option does not exist.</exception>
    public static void RefuseUnknown(Settings settings)
    {
        foreach (var (source, provider) in settings.Sources)
        {
            foreach (var section in provider.GetChildKeys([], null).Distinct(StringComparer.OrdinalIgnoreCase))
            {
                if (section.Equals(Secrets.SectionName, StringComparison.OrdinalIgnoreCase))
                {
                    continue;
                }

                if (!settings.Sections.TryGetValue(section, out var type))
                {
                    throw Unknown(source, section, [.. settings.Sections.Keys, Secrets.SectionName]);
                }

                RefuseUnknown(source, provider, type, section);
            }
        }
    }

    /// <summary>The options that a record holds, by name.</summary>
    public static IEnumerable<PropertyInfo> Options(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite && property.GetIndexParameters().Length == 0);

    /// <summary>Whether an option is a group of others.</summary>
    public static bool IsGroup(PropertyInfo property) =>
        property.PropertyType is { IsClass: true, Namespace: { } space } && space.StartsWith("GenAgent", StringComparison.Ordinal);

    private static void RefuseUnknown(string source, IConfigurationProvider provider, Type type, string path)
    {
        var options = Options(type).ToDictionary(property => property.Name, StringComparer.OrdinalIgnoreCase);
        foreach (var key in provider.GetChildKeys([], path).Distinct(StringComparer.OrdinalIgnoreCase))
        {
            if (!options.TryGetValue(key, out var option))
            {
                throw Unknown(source, $"{path}:{key}", options.Keys);
            }

            if (IsGroup(option))
            {
                RefuseUnknown(source, provider, option.PropertyType, $"{path}:{key}");
            }
        }
    }

    private static OptionException Unknown(string source, string path, IEnumerable<string> known) =>
        new($"{path} ({source}) is no option. Known: {string.Join(", ", known.Order(StringComparer.Ordinal))}.");

    private static void CheckValues(Settings settings, Type type, string path)
    {
        if (settings.Root[path] is { Length: > 0 } single)
        {
            throw new OptionException($"{path} ({settings.SourceOf(path)}) is \"{single}\", but it is a group of options.");
        }

        foreach (var option in Options(type))
        {
            var name = $"{path}:{option.Name}";
            if (IsGroup(option))
            {
                CheckValues(settings, option.PropertyType, name);
            }
            else if (IsSingle(option.PropertyType) && settings.Root.GetSection(name).GetChildren().FirstOrDefault() is { } inner)
            {
                var deepest = settings.Root.GetSection(name).AsEnumerable().MaxBy(value => value.Key.Length).Key;
                throw new OptionException(
                    $"{name} ({settings.SourceOf(deepest)}) holds values of its own (\"{inner.Key}\"), but must be one value: {OptionRules.Allowed(option)}.");
            }
            else if (settings.Root[name] is { } text && Wrong(option, text) is { } allowed)
            {
                throw new OptionException($"{name} ({settings.SourceOf(name)}) is \"{text}\", but must be {allowed}.");
            }
        }
    }

    private static bool IsSingle(Type type) => type == typeof(string) || (Nullable.GetUnderlyingType(type) ?? type).IsValueType;

    /// <summary>What is allowed, when the text is not; else null.</summary>
    private static string? Wrong(PropertyInfo option, string text)
    {
        var type = Nullable.GetUnderlyingType(option.PropertyType) ?? option.PropertyType;
        var optional = type != option.PropertyType;
        if ((optional && text.Length == 0) || type == typeof(string))
        {
            return null;
        }

        var parsed = Parse(type, text);
        return parsed is not null && OptionRules.IsAllowed(option, parsed) ? null : OptionRules.Allowed(option) + (optional ? ", or empty" : string.Empty);
    }

    private static object? Parse(Type type, string text)
    {
        if (type.IsEnum)
        {
            return Enum.TryParse(type, text, ignoreCase: true, out var value) && Enum.IsDefined(type, value) ? value : null;
        }

        try
        {
            return TypeDescriptor.GetConverter(type).ConvertFromString(null, CultureInfo.InvariantCulture, text);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or OverflowException or NotSupportedException)
        {
            return null;
        }
    }
}
