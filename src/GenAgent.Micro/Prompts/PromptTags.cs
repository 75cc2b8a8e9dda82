using GenAgent.Micro.Facts;

namespace GenAgent.Micro.Prompts;

/// <summary>The categories of prompts.</summary>
public static class PromptTags
{
    /// <summary>Three objects, each with its colour.</summary>
    public const string ColorAttr = "color_attr";

    /// <summary>Three to seven objects of one class.</summary>
    public const string Counting = "counting";

    /// <summary>Two groups with colours and counts.</summary>
    public const string ColorCountAttr = "color_count_attr";

    /// <summary>Two coloured objects, one beside or above the other.</summary>
    public const string ColorSpatialAttr = "color_spatial_attr";

    /// <summary>Two groups with counts, one beside or above the other.</summary>
    public const string SpatialCountAttr = "spatial_count_attr";

    /// <summary>Two objects of different sizes, one beside or above the other.</summary>
    public const string SizeSpatialAttr = "size_spatial_attr";

    /// <summary>Two or three groups with counts.</summary>
    public const string MultiObjectCountAttr = "multi_object_count_attr";

    /// <summary>GenEval++'s seven categories.</summary>
    public static IReadOnlyList<string> Categories { get; } =
        [ColorAttr, Counting, ColorCountAttr, ColorSpatialAttr, SpatialCountAttr, SizeSpatialAttr, MultiObjectCountAttr];

    /// <summary>The six domains of the knowledge prompts.</summary>
    public static IReadOnlyList<string> KnowledgeDomains { get; } = [.. Enum.GetValues<KnowledgeDomain>().Select(Of)];

    /// <summary>The tag of a domain, as <c>knowledge_time</c>.</summary>
    /// <param name="domain">The domain of knowledge.</param>
    /// <returns>The tag.</returns>
    public static string Of(KnowledgeDomain domain) => $"knowledge_{domain.ToString().ToLowerInvariant()}";
}
