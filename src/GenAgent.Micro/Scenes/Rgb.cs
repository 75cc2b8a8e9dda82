using System.Runtime.InteropServices;

namespace GenAgent.Micro.Scenes;

/// <summary>An sRGB colour, eight bits a channel.</summary>
/// <param name="R">Red.</param>
/// <param name="G">Green.</param>
/// <param name="B">Blue.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Rgb(byte R, byte G, byte B);
