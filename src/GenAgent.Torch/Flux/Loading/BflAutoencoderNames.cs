using System.Globalization;
using System.Text.RegularExpressions;

namespace GenAgent.Torch.Flux.Loading;

/// <summary>The published names of an autoencoder's parameters, from those of the original <c>ae.safetensors</c>.</summary>
internal static partial class BflAutoencoderNames
{
    private static readonly (string From, string To)[] Parts =
    [
        (".mid.block_1.", ".mid_block.resnets.0."), (".mid.block_2.", ".mid_block.resnets.1."),
        (".mid.attn_1.norm.", ".mid_block.attentions.0.group_norm."), (".mid.attn_1.proj_out.", ".mid_block.attentions.0.to_out.0."),
        (".mid.attn_1.", ".mid_block.attentions.0.to_"),
        (".nin_shortcut.", ".conv_shortcut."), (".norm_out.", ".conv_norm_out."),
        (".downsample.conv.", ".downsamplers.0.conv."), (".upsample.conv.", ".upsamplers.0.conv."),
    ];

    /// <summary>The name in the layout of diffusers.</summary>
    /// <param name="name">The original name.</param>
    /// <param name="levels">Resolutions of the autoencoder: the original counts the decoder's from the image, diffusers from the latents.</param>
    public static string ToPublished(string name, int levels)
    {
        name = DownBlock().Replace(name, "$1down_blocks.$2.resnets.$3.");
        name = DownSample().Replace(name, "$1down_blocks.$2.downsample.");
        name = UpBlock().Replace(name, match => $"{match.Groups[1].Value}up_blocks.{levels - 1 - Number(match, 2)}.resnets.{match.Groups[3].Value}.");
        name = UpSample().Replace(name, match => $"{match.Groups[1].Value}up_blocks.{levels - 1 - Number(match, 2)}.upsample.");
        foreach (var (from, to) in Parts) name = name.Replace(from, to, StringComparison.Ordinal);
        return name;
    }

    private static int Number(Match match, int group) => int.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

#pragma warning disable MA0023 // The groups are wanted by number, for replacing.
    [GeneratedRegex(@"^(encoder\.)down\.(\d+)\.block\.(\d+)\.", RegexOptions.None, Timeout.Infinite)]
    private static partial Regex DownBlock();

    [GeneratedRegex(@"^(encoder\.)down\.(\d+)\.downsample\.", RegexOptions.None, Timeout.Infinite)]
    private static partial Regex DownSample();

    [GeneratedRegex(@"^(decoder\.)up\.(\d+)\.block\.(\d+)\.", RegexOptions.None, Timeout.Infinite)]
    private static partial Regex UpBlock();

    [GeneratedRegex(@"^(decoder\.)up\.(\d+)\.upsample\.", RegexOptions.None, Timeout.Infinite)]
    private static partial Regex UpSample();
#pragma warning restore MA0023
}
