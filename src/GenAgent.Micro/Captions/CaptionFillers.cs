using GenAgent.Micro.Scenes;

namespace GenAgent.Micro.Captions;

/// <summary>
/// Words around a caption that the miniature text encoders have no token for, as in people's prompts. None come from the benchmark: the model learns from
/// them to ignore unknown words.
/// </summary>
internal static class CaptionFillers
{
    private static readonly string[] Openings =
    [
        "sketch ", "wanted: ", "would you do ", "could you paint ", "here we see ", "poster with ", "cartoon of ", "someone drew ", "give us ", "clip art of ",
        "a scene with ",
        "kindly create ", "imagine ", "there should be ", "a minimal illustration of ", "flat icons: ", "my kid wants ", "paint ", "we see ",
        "an artwork featuring ",
    ];

    private static readonly string[] Joints = [" plus ", " along with ", " as well as ", " accompanied by "];

    /// <summary>Adds an opening to most captions, and sometimes replaces an "and".</summary>
    public static string Surround(string caption, SeededDraws draws)
    {
        var and = caption.IndexOf(" and ", StringComparison.Ordinal);
        if (and > 0 && draws.Chance(0.2))
            caption = string.Concat(caption.AsSpan(0, and), draws.Pick(Joints), caption.AsSpan(and + " and ".Length));
        return draws.Chance(0.85) ? draws.Pick(Openings) + caption : caption;
    }
}
