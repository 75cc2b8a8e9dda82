using GenAgent.Micro.Scenes;

namespace GenAgent.Micro.Language;

/// <summary>A group that fills a group slot: what it is, and how the request says it. Immutable.</summary>
internal sealed record DrawnGroup(int Count, ShapeSize? Size, ShapeColor? Color, ShapeClass Class, string Text);
