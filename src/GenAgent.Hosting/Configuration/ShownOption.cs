using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace GenAgent.Hosting.Configuration;

/// <summary>An option as <c>config show</c> shows it.</summary>
/// <param name="Path">The option's path.</param>
/// <param name="Value">Its value as text; a secret's is masked; null for none.</param>
/// <param name="Source">Where the value comes from.</param>
public sealed record ShownOption(string Path, string? Value, string Source)
{
    /// <summary>Every option there is, and every secret that is set.</summary>
    /// <param name="settings">The configuration.</param>
    /// <returns>The options, by path; of secrets only that they are set.</returns>
    public static IReadOnlyList<ShownOption> All(Settings settings)
    {
        var options = new List<ShownOption>();
        foreach (var (section, type) in settings.Sections)
        {
            var bound = settings.Root.GetSection(section).Get(type) ?? Activator.CreateInstance(type)!;
            Add(settings, bound, section, options);
        }

        var secrets = settings.Root.GetSection(Secrets.SectionName).AsEnumerable().Where(pair => !string.IsNullOrEmpty(pair.Value));
        options.AddRange(
            secrets.Select(pair => pair.Key).Order(StringComparer.Ordinal).Select(path => new ShownOption(path, Secrets.Blot, settings.SourceOf(path))));
        return options;
    }

    private static void Add(Settings settings, object options, string path, List<ShownOption> all)
    {
        foreach (var option in OptionReader.Options(options.GetType()))
        {
            var (name, value) = ($"{path}:{option.Name}", option.GetValue(options));
            if (OptionReader.IsGroup(option))
            {
                Add(settings, value!, name, all);
            }
            else if (value is IDictionary<string, string> named)
            {
                all.AddRange(named.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair =>
                    new ShownOption($"{name}:{pair.Key}", settings.SecretMask.Mask(pair.Value), settings.SourceOf($"{name}:{pair.Key}"))));
            }
            else
            {
                var text = TextOf(value) is { Length: > 0 } written ? settings.SecretMask.Mask(written) : null;
                all.Add(new(name, text is not null && Secrets.IsSecret(name) ? Secrets.Blot : text, settings.SourceOf(name)));
            }
        }
    }

    private static string? TextOf(object? value) => value switch
    {
        bool flag => flag ? "true" : "false",
        Enum choice => choice.ToString().ToLowerInvariant(),
        TimeSpan duration => duration.ToString("g", CultureInfo.InvariantCulture),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture),
    };
}
