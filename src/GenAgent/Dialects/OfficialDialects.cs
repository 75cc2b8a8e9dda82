using GenAgent.Protocol;

namespace GenAgent.Dialects;

/// <summary>
/// The two dialects of the paper authors' release (github.com/deep-kaixun/geagent, weights fengyao123/genagent). Their system turn is not included here: a
/// user with their file sets <c>Agent:InstructionsFile</c>; the default is the text below, which says the same in other words.
/// </summary>
internal static class OfficialDialects
{
    private const string TextsV1 =
        """
        You help a user to an image. You cannot draw; you call image_generation_tool with a caption, and the user shows you the image that comes of it.

        First think within <think></think> about what the request implies and what a faithful image must show. Then call the tool with one detailed caption.

        When you are shown an image, first compare it with the request within <judge></judge>: is everything there, and is everything right? If the image is faithful, finish with <answer>done</answer>. Otherwise think within <think></think> about how to improve the caption, and call the tool again.
        """;

    private const string TextsV2 =
        """
        You help a user to an image. You cannot draw; you call image_generation_tool with a caption to make a new image, or image_editing_tool with an instruction to change the last image, and the user shows you the image that comes of it.

        First think within <think></think> about what the request implies and what a faithful image must show. Then call image_generation_tool with one detailed caption.

        When you are shown an image, first think within <think></think> about what it shows, then compare it with the request within <judge></judge>: is everything there, and is everything right? If the image is faithful, finish with <answer>done</answer>. Otherwise call a tool: image_editing_tool for a small fault, image_generation_tool to begin again.
        """;

    private static readonly ToolWording Generate = new(
        "image_generation_tool", "Generates an image from a caption.", "caption", "A detailed description of the image");

    private static readonly ToolWording Edit = new(
        "image_editing_tool", "Changes the last image by an instruction.", "instruction", "What to change in the last image");

    public static Dialect V1 { get; } = new("genagent-v1")
    {
        Instructions = TextsV1,
        Generate = Generate,
        HasFixedTools = true,
        PromptPrefix = "Prompt: ",
        OpeningInParts = true,
        Verdict = VerdictRule.WhatFollows,
        ResponseOpen = ProtocolTag.ToolResponseOpen,
        ResponseClose = ProtocolTag.ToolResponseClose,
        StopsAtCallEnd = true,
        ClosesHistory = true,
        Tries = 3,
        FallsBackToPrompt = true,
        EndsWithLastImage = true,
        MaxRounds = 2,
        MaxTurns = 9,
        ImageSide = 512,
        Temperature = 0,
    };

    public static Dialect V2 { get; } = V1 with
    {
        Name = "genagent-v2",
        Instructions = TextsV2,
        ToolsAsArray = true,
        Edit = Edit,
        OpeningInParts = false,
        Order = [TurnSection.Thought, TurnSection.Judgment, TurnSection.Call, TurnSection.Answer],
        ClosesHistory = false,
        MaxRounds = 3,
        MaxTurns = 10,
        ImageSide = 1024,
    };
}
