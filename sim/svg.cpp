#include "sim/svg.hpp"

#include <array>
#include <cstdio>

namespace mycel::sim {
namespace {

std::string escaped(std::string_view text) {
  std::string safe;
  for (const char letter : text) {
    if (letter == '&')
      safe += "&amp;";
    else if (letter == '<')
      safe += "&lt;";
    else if (letter == '>')
      safe += "&gt;";
    else if (letter == '"')
      safe += "&quot;";
    else
      safe += static_cast<unsigned char>(letter) < 0x20 ? ' ' : letter;
  }
  return safe;
}

std::string place(std::string_view name, double value) {
  return " " + std::string(name) + "=\"" + Svg::number(value) + "\"";
}

}  // namespace

std::string Svg::number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f", value);
  std::string short_text = text.data();
  if (short_text.ends_with(".0")) short_text.resize(short_text.size() - 2);
  return short_text;
}

void Svg::shape(std::string_view tag, const std::string& geometry, std::string_view look,
                std::string_view tip) {
  body_ += "<" + std::string(tag) + geometry;
  if (!look.empty()) body_ += " class=\"" + std::string(look) + "\"";
  body_ +=
      tip.empty() ? "/>\n" : "><title>" + escaped(tip) + "</title></" + std::string(tag) + ">\n";
}

void Svg::rectangle(double x, double y, double width, double height, std::string_view look,
                    std::string_view tip) {
  shape("rect", place("x", x) + place("y", y) + place("width", width) + place("height", height),
        look, tip);
}

void Svg::line(double x1, double y1, double x2, double y2, std::string_view look,
               std::string_view tip) {
  shape("line", place("x1", x1) + place("y1", y1) + place("x2", x2) + place("y2", y2), look, tip);
}

void Svg::polygon(std::string_view points, std::string_view look, std::string_view tip) {
  shape("polygon", " points=\"" + std::string(points) + "\"", look, tip);
}

void Svg::text(double x, double y, std::string_view words, std::string_view look) {
  body_ += "<text" + place("x", x) + place("y", y);
  if (!look.empty()) body_ += " class=\"" + std::string(look) + "\"";
  body_ += ">" + escaped(words) + "</text>\n";
}

std::string Svg::file(double width, double height, std::string_view style) const {
  const std::string size = number(width) + " " + number(height);
  return "<svg xmlns=\"http://www.w3.org/2000/svg\"" + place("width", width) +
         place("height", height) + " viewBox=\"0 0 " + size + "\">\n<style>" + std::string(style) +
         "</style>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n" + body_ + "</svg>\n";
}

}  // namespace mycel::sim
