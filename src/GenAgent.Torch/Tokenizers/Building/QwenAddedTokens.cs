namespace GenAgent.Torch.Tokenizers.Building;

/// <summary>The added tokens of Qwen2.5 and Qwen2.5-VL, in the order of their ids.</summary>
public static class QwenAddedTokens
{
    /// <summary>Content and whether it is special; a small vocabulary gives them its own ids.</summary>
    public static IReadOnlyList<(string Content, bool Special)> All { get; } =
    [
        ("<|endoftext|>", true),
        ("<|im_start|>", true),
        ("<|im_end|>", true),
        ("<|object_ref_start|>", true),
        ("<|object_ref_end|>", true),
        ("<|box_start|>", true),
        ("<|box_end|>", true),
        ("<|quad_start|>", true),
        ("<|quad_end|>", true),
        ("<|vision_start|>", true),
        ("<|vision_end|>", true),
        ("<|vision_pad|>", true),
        ("<|image_pad|>", true),
        ("<|video_pad|>", true),
        ("<tool_call>", false),
        ("</tool_call>", false),
        ("<|fim_prefix|>", false),
        ("<|fim_middle|>", false),
        ("<|fim_suffix|>", false),
        ("<|fim_pad|>", false),
        ("<|repo_name|>", false),
        ("<|file_sep|>", false),
    ];
}
