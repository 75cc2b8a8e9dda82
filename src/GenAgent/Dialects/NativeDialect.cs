using GenAgent.Protocol;

namespace GenAgent.Dialects;

/// <summary>The dialect of services with native function calls; judgment and answer are tags in the text.</summary>
internal static class NativeDialect
{
    private const string Form =
        """
        Before the first image, think what the request really demands, then call generate_image.

        After each image, look at it and judge it against the request:
        <judge>what the image shows against what was asked
        verdict: fail</judge>
        then say why it falls short and what to change, and call generate_image with a better prompt. Or finish, naming the best image:
        <judge>what the image shows against what was asked
        verdict: pass</judge>
        <answer>image 1</answer>

        Make one call a turn.
        """;

    public static Dialect Value { get; } = new("native")
    {
        Instructions = $"{GenAgentDialect.Task}\n\n{Form}",
        CallStyle = CallStyle.Native,
        Generate = GenAgentDialect.Generate,
        Edit = GenAgentDialect.Edit,
    };
}
